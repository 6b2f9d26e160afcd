import type { Etcd3 } from 'etcd3'

/** The outcome of a request to one server. */
export type Outcome<Result> = { readonly at: number; readonly client: Etcd3 } & (
  | { readonly kind: 'answered'; readonly answer: Result }
  | { readonly kind: 'failed'; readonly error: unknown }
)

/**
 * Turns a failed request into an outcome instead of a rejection. A pending request may be left behind, and nothing
 * would handle its rejection.
 */
export const outcomeOf = async <Result>(
  at: number,
  client: Etcd3,
  request: () => Promise<Result>,
): Promise<Outcome<Result>> => {
  try {
    return { at, client, kind: 'answered', answer: await request() }
  } catch (error) {
    return { at, client, kind: 'failed', error }
  }
}

/**
 * Waits for the first of several promises.
 * @returns null when none was settled within the time
 */
export const firstOf = async <One>(
  pending: readonly Promise<One>[],
  withinMs: number | null,
): Promise<One | null> => {
  if (withinMs === null) return Promise.race(pending)
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), withinMs)
  })
  try {
    return await Promise.race([...pending, silence])
  } finally {
    clearTimeout(timer)
  }
}
