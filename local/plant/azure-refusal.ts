/** Azure would refuse what the cloud orders, too; the cloud answers its caller with this code. */
export class AzureRefusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "AzureRefusal";
    this.code = code;
  }
}
