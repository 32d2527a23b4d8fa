/**
 * Runs inside the page, so plain JavaScript: the project's own types know no document.
 * Each function answers with sentences about what is wrong; none means that all is well.
 */
globalThis.look = { cutOff, faint, hiddenTables, openDetails, violations };

/** Elements that reach beyond the window, and texts that reach beyond their picture or lie on another text. */
function cutOff() {
  const root = document.documentElement;
  const wide = root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} px wide`] : [];
  const outside = [...document.querySelectorAll("body *:not(svg *)")].flatMap((element) => {
    const box = element.getBoundingClientRect();
    const out = isShown(element) && (box.right > root.clientWidth + 0.5 || box.left < -0.5);
    const over = element.clientWidth > 1 && element.scrollWidth > element.clientWidth + 1;
    return [
      ...(out ? [`reaches out of the window: ${name(element)}`] : []),
      ...(over ? [`holds more than it shows: ${name(element)}`] : []),
    ];
  });
  return [...wide, ...outside, ...[...document.querySelectorAll("svg:not(svg svg)")].flatMap(inPicture)];
}

function inPicture(svg) {
  const frame = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll("text")].filter(isShown);
  return texts.flatMap((text, i) => {
    const box = text.getBoundingClientRect();
    const isOut = box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1;
    const others = texts.slice(i + 1).filter((other) => overlaps(box, other.getBoundingClientRect()));
    return [
      ...(isOut ? [`reaches out of its picture: ${name(text)}`] : []),
      ...others.map((other) => `lies on another text: ${name(text)} and ${name(other)}`),
    ];
  });
}

function overlaps(one, other) {
  const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  return across > 1 && down > 3;
}

/** Texts that stand out less than that from what is painted below them, in pictures, too. */
function faint(least) {
  const texts = [...document.querySelectorAll("body *")].filter((element) =>
    [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim()),
  );
  return texts.flatMap((element) => {
    if (!isShown(element)) return [];
    element.scrollIntoView({ block: "center" });
    const style = getComputedStyle(element);
    const colour = colourOf(element instanceof SVGElement ? style.fill : style.color);
    const paper = paperOf(element);
    const [light, dark] = [luminanceOf(colour), luminanceOf(paper)].toSorted((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    return contrast < least
      ? [`${contrast.toFixed(2)}: ${name(element)} ${colour.join()} on ${paper.join()}`]
      : [];
  });
}

/** The topmost area below a text that lets nothing through; a line has none, whatever its fill. */
function paperOf(element) {
  const { left, top, width, height } = element.getBoundingClientRect();
  const painted = document
    .elementsFromPoint(left + width / 2, top + height / 2)
    .filter((each) => !element.contains(each) && !["text", "tspan", "line"].includes(each.tagName))
    .map((each) => {
      const { fill, backgroundColor } = getComputedStyle(each);
      return colourOf(each instanceof SVGGeometryElement ? fill : backgroundColor);
    });
  return painted.find(([, , , alpha]) => alpha > 0.99) ?? [255, 0, 255, 1];
}

const brush = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const colours = new Map([["none", [0, 0, 0, 0]]]);

function colourOf(text) {
  const known = colours.get(text);
  if (known) return known;
  brush.clearRect(0, 0, 1, 1);
  brush.fillStyle = text;
  brush.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = brush.getImageData(0, 0, 1, 1).data;
  const colour = [red, green, blue, alpha / 255];
  colours.set(text, colour);
  return colour;
}

/** WCAG 2.2, relative luminance. */
function luminanceOf(colour) {
  const [red, green, blue] = colour
    .slice(0, 3)
    .map((each) => (each / 255 <= 0.04045 ? each / 255 / 12.92 : ((each / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Tables that somebody would have to open first. */
function hiddenTables() {
  return [...document.querySelectorAll("details table")].filter((table) => !isShown(table)).map(name);
}

function openDetails() {
  for (const details of document.querySelectorAll("details")) details.open = true;
}

async function violations() {
  const found = await globalThis.axe.run();
  return found.violations.map(
    ({ id, nodes }) => `${id}, ${nodes.length} times: ${nodes[0].html} ${nodes[0].failureSummary}`,
  );
}

function isShown(element) {
  const { width, height } = element.getBoundingClientRect();
  return width > 1 && height > 1 && element.checkVisibility({ contentVisibilityAuto: true });
}

function name(element) {
  const kind = `${element.tagName}.${element.getAttribute("class") ?? ""}`;
  return `${element.closest("[id]")?.id ?? "page"}, ${kind} "${element.textContent.trim().slice(0, 40)}"`;
}
