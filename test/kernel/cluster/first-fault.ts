/** Keeps what failed in the background until it is asked for. */
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
