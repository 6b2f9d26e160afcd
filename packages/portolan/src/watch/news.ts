import type { HeldProject } from './held-project.ts'

/** News of a project that does not come from the kernel. */
export interface News {
  /** Tells whether news came since the last call. */
  take(): boolean
  /**
   * Resolves once news comes, or once other work ends. News wakes only the promise of the last call: on a busy host
   * each round asks for a new one, and weeks may pass without news.
   */
  next(other?: Promise<unknown>): Promise<void>
  close(): void
}

export const openNews = ({ follow }: Pick<HeldProject, 'follow'>): News => {
  let isNew = false
  let wake: () => void = () => {}
  const close = follow?.(() => {
    isNew = true
    wake()
  })
  return {
    take: () => {
      const was = isNew
      isNew = false
      return was
    },
    next: (other) =>
      new Promise((resolve) => {
        wake = resolve
        if (isNew) resolve()
        void other?.then(() => resolve())
      }),
    close: () => close?.(),
  }
}
