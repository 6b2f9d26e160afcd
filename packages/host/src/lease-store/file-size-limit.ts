import { readFileSync } from 'node:fs'

/** The bytes that this process may write to one file, as `ulimit -f` sets them (RLIMIT_FSIZE). */
export const fileSizeLimit = (): number => {
  try {
    const [, soft = ''] = /^Max file size +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === '' ? Number.POSITIVE_INFINITY : Number(soft)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
