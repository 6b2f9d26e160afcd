/** Keeps the first failure of work in the background until `raise` throws it. */
export const firstFault = () => {
  let first: unknown = null
  return {
    note: (error: unknown): void => {
      first ??= error
    },
    raise: (): void => {
      if (first !== null) throw first
    },
  }
}
