import { ApiError } from "./api-error.ts";

export interface Page<T> {
  items: T[];
  info: { page: number; per_page: number; count: number; total_count: number; total_pages: number };
}

export interface PageSizes {
  usual: number;
  largest: number;
}

/** Cuts one page out of a list by the query's `page` and `per_page`. A page past the end is empty. */
export function cutPage<T>(items: readonly T[], query: URLSearchParams, sizes: PageSizes): Page<T> {
  const page = readCount(query.get("page"), 1);
  const size = Math.min(readCount(query.get("per_page"), sizes.usual), sizes.largest);
  const cut = items.slice((page - 1) * size, page * size);
  const info = {
    page,
    per_page: size,
    count: cut.length,
    total_count: items.length,
    total_pages: Math.ceil(items.length / size),
  };
  return { items: cut, info };
}

function readCount(text: string | null, usual: number): number {
  if (text === null) return usual;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new ApiError("invalidBody");
  return count;
}
