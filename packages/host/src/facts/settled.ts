/** A busy host changes while it is read; how often to begin again before taking what there is. */
const ATTEMPTS = 4

/**
 * Reads a list again while the kernel says it changed under the reading (NLM_F_DUMP_INTR), and says so in
 * `unread` when it never held still.
 */
export const settled = async <T extends { readonly consistent: boolean }>(
  what: string,
  unread: string[],
  read: () => Promise<T>,
): Promise<T> => {
  let result = await read()
  for (let attempt = 1; !result.consistent && attempt < ATTEMPTS; attempt += 1) result = await read()
  if (!result.consistent)
    unread.push(`The ${what} kept changing while they were read: some may be missing or listed twice.`)
  return result
}
