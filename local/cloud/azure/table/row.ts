/**
 * What the local cloud and the azure-native stand-in know of a resource type. Names of inputs are those of
 * @pulumi/azure-native 3.28.0; facts are from its d.ts files, from its generator's forceNewMap, and from the
 * x-ms-mutability and x-ms-long-running-operation marks of github.com/Azure/azure-rest-api-specs, read 2026-11.
 */
export interface ResourceType {
  /** "azure-native:network:SecurityRule" */
  token: string;
  /** "Microsoft.Network/networkSecurityGroups/securityRules" */
  type: string;
  /** What azure-native 3.28.0 sends for this token. */
  apiVersion: string;
  /** `any`: the input `scope` is the path in front of /providers. */
  scope: "subscription" | "resourceGroup" | "any";
  /** Path parameters, outermost first, after resourceGroupName. Segments in `fixed` have none. */
  names: readonly string[];
  /** The only name an instance can have. Its parameter may be absent from inputs, or must equal it. */
  singleton?: string;
  /** Names in the middle of the path that are always the same, by segment: `{ queueServices: "default" }`. */
  fixed?: Readonly<Record<string, string>>;
  /** Body keys that stand beside `properties`. All other inputs are inside it. */
  envelope: readonly string[];
  /** The same for nested objects: their fields beside the named ones are inside a `properties` of their own. */
  flattened?: Readonly<Record<string, readonly string[]>>;
  /** Inputs whose key in the body differs: `{ networkRuleSet: "networkAcls" }`. Dotted and `[]` as in `flattened`. */
  renamed?: Readonly<Record<string, string>>;
  /** Inputs without which the plugin's Check fails, besides names it derives. */
  required: readonly string[];
  /** Top-level inputs whose change makes the plugin replace the resource. Path parameters always do. */
  createOnly: readonly string[];
  /** Paths in the body that ARM refuses to change on an existing resource (409 PropertyChangeNotAllowed). */
  immutable?: readonly string[];
  /** Inputs the SDK makes secret by itself. None of these types has any: programs wrap them. */
  secretInputs?: readonly string[];
  /** Arrays that stand-alone children may own too: the plugin sends what exists when they are unset. */
  maintained?: readonly string[];
  /** How the plugin derives a name: logical name and 8 hex digits, the logical name, or a UUID. */
  autoname: "random" | "copy" | "uuid";
  /** learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules */
  nameRule: NameRule;
  longRunning: { put: boolean; delete: boolean };
  /** Verbs of POST. */
  actions: readonly string[];
  /** What is behind it in the local cloud. null: control plane only. */
  dataPlane: string | null;
}

export interface NameRule {
  pattern: RegExp;
  minLength: number;
  maxLength: number;
  /** Nobody else in the world may have it, in any case. */
  global?: true;
}
