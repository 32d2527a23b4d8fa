// As the stacks do: what is measured is their price per resource.
import "../../infra/lean-sdk.ts";
import { NetworkSecurityGroup } from "@pulumi/azure-native/network/networkSecurityGroup.js";
import { SecurityRule } from "@pulumi/azure-native/network/securityRule.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import { Config, runtime } from "@pulumi/pulumi";
import { dropVersionAliases } from "../../infra/version-aliases.ts";

runtime.registerStackTransformation(dropVersionAliases);
const location = "northeurope";
const { name: resourceGroupName } = new ResourceGroup("bench", {
  resourceGroupName: "bench-rules",
  location,
});
const { name: networkSecurityGroupName } = new NetworkSecurityGroup("bench", {
  resourceGroupName,
  networkSecurityGroupName: "bench",
  location,
});
for (let number = 1; number <= new Config().requireNumber("count"); number++) {
  void new SecurityRule(`rule-${number}`, {
    resourceGroupName,
    networkSecurityGroupName,
    securityRuleName: `rule-${number}`,
    description: "Stands in for a resource that a switch leaves as it is",
    priority: 100 + number,
    direction: "Inbound",
    access: "Deny",
    protocol: "Tcp",
    sourceAddressPrefix: "Internet",
    sourcePortRange: "*",
    destinationAddressPrefix: "*",
    destinationPortRange: String(10_000 + number),
  });
}
