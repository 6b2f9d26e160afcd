import type { HeldProject } from './held-project.ts'

/** What a project tells beside the kernel. */
export interface News {
  /** Did anything come since this was asked last? */
  take(): boolean
  /**
   * Resolves once something comes, or other work ends. What was given before is forgotten: on a host that is never quiet
   * one after the other is asked for, and no news may come for weeks.
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
