import { AutoscaleSetting } from "@pulumi/azure-native/monitor/autoscaleSetting.js";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import type { Place } from "./place.ts";

export interface AutoscaleArgs {
  place: Place;
  settingName: string;
  scaleSetId: Output<string>;
  /** Instances at rest; the pool grows to four times as many. */
  minimum: number;
}

/** Per cent of the pool's processors, on average over five minutes. */
const thresholds = { grow: 70, shrink: 25 };

/**
 * Follows the pool's load. Not the queue's length: autoscale would read that with the storage account's
 * shared key, which is off.
 * https://learn.microsoft.com/azure/azure-monitor/autoscale/autoscale-common-metrics (read 2026-11)
 */
export function autoscale(
  name: string,
  args: AutoscaleArgs,
  opts: ComponentResourceOptions,
): AutoscaleSetting {
  const { place, settingName, scaleSetId, minimum } = args;
  const bounds = { minimum: String(minimum), default: String(minimum), maximum: String(minimum * 4) };
  return new AutoscaleSetting(
    name,
    {
      ...place,
      autoscaleSettingName: settingName,
      name: settingName,
      enabled: true,
      targetResourceUri: scaleSetId,
      profiles: [
        {
          name: "load",
          capacity: bounds,
          rules: [
            rule(scaleSetId, { operator: "GreaterThan", threshold: thresholds.grow, direction: "Increase" }),
            rule(scaleSetId, { operator: "LessThan", threshold: thresholds.shrink, direction: "Decrease" }),
          ],
        },
      ],
    },
    opts,
  );
}

interface Reaction {
  operator: "GreaterThan" | "LessThan";
  threshold: number;
  direction: "Increase" | "Decrease";
}

function rule(metricResourceUri: Output<string>, { operator, threshold, direction }: Reaction) {
  return {
    metricTrigger: {
      metricName: "Percentage CPU",
      metricNamespace: "Microsoft.Compute/virtualMachineScaleSets",
      metricResourceUri,
      timeGrain: "PT1M",
      statistic: "Average",
      timeWindow: "PT5M",
      timeAggregation: "Average",
      operator,
      threshold,
    },
    scaleAction: { direction, type: "ChangeCount", value: "1", cooldown: "PT5M" },
  } as const;
}
