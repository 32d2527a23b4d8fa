import type { Resource } from "./resource.ts";

/** All resources of the local subscription, by their ids in lower case. */
export class ResourceStore {
  #resources = new Map<string, Resource>();

  /** All that happens in `act`, or nothing when it throws. Resources are replaced in it, never altered. */
  transaction<T>(act: () => T): T {
    const before = new Map(this.#resources);
    try {
      return act();
    } catch (error) {
      this.#resources = before;
      throw error;
    }
  }

  get(id: string): Resource | undefined {
    return this.#resources.get(id.toLowerCase());
  }

  put(resource: Resource): void {
    this.#resources.set(resource.key, resource);
  }

  remove(key: string): void {
    this.#resources.delete(key);
  }

  all(): Resource[] {
    return [...this.#resources.values()];
  }

  /** By the type's name in any case. */
  ofType(type: string): Resource[] {
    const wanted = type.toLowerCase();
    return this.all().filter(({ row }) => row.type.toLowerCase() === wanted);
  }

  childrenOf(key: string, type?: string): Resource[] {
    const children = this.all().filter(({ parentKey }) => parentKey === key);
    return type ? children.filter(({ row }) => row.type === type) : children;
  }

  /** The resource's children, theirs, and what is assigned at any of them; the deepest first. */
  below(key: string): Resource[] {
    const inside = this.all().filter((resource) => resource.key.startsWith(`${key}/`));
    return inside.toSorted((a, b) => b.key.split("/").length - a.key.split("/").length);
  }
}
