/** "11.8 s", "5 min 17 s", "10 min", "12 h 5 min": one decimal under a minute, units written out. */
export function formatDuration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return inUnits(whole, ["min", "s"]);
  return inUnits(Math.round(whole / 60), ["h", "min"]);
}

/** `count` in the smaller one, of which sixty are one of the larger. */
function inUnits(count: number, [large, small]: readonly [string, string]): string {
  const rest = count % 60;
  const whole = `${Math.floor(count / 60)} ${large}`;
  return rest === 0 ? whole : `${whole} ${rest} ${small}`;
}
