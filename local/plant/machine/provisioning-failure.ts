/** Why a machine did not come up, as a sentence that names the key, file, package or unit. */
export class ProvisioningFailure extends Error {
  constructor(problem: string, options?: ErrorOptions) {
    super(problem, options);
    this.name = "ProvisioningFailure";
  }
}
