import {
  ApplyError,
  PermissionError,
  type PortolanError,
  type RunResult,
  StaleStateError,
} from '@portolan/core'

/** nft has no translations and prints strerror(3); so does the C library under LC_ALL=C. */
const isRefused = (stderr: string): boolean => /Operation not permitted|Permission denied/.test(stderr)
const isStale = (stderr: string): boolean =>
  /No such file or directory|does not exist|File exists|Device or resource busy/.test(stderr)

/** The error of a process that may not use nftables; null when that is not what happened. */
export const permissionError = (what: string, { stderr }: RunResult): PermissionError | null =>
  isRefused(stderr)
    ? new PermissionError(
        `Cannot ${what} nftables: the kernel asks for the capability CAP_NET_ADMIN. Run this as root, or with "sudo".`,
        'CAP_NET_ADMIN',
      )
    : null

/** `/dev/stdin:3:5-9: Error: Could not process rule: File exists` */
const place = /^[^\n:]*:(\d+):\d+(?:-\d+)?: Error: (.*)$/m

/** What nft said of a script, as an error: whose fault it is decides the class. */
export const applyFailure = (script: string, result: RunResult): PortolanError => {
  const denied = permissionError('change', result)
  if (denied !== null) return denied
  const { stderr } = result
  const [, line, words] = place.exec(stderr) ?? []
  const offending = line === undefined ? null : (script.split('\n')[Number(line) - 1] ?? null)
  const said = words ?? stderr.trim().split('\n')[0] ?? ''
  if (isStale(stderr))
    return new StaleStateError(
      `The rules of this host changed since they were read (nft: ${said}${offending === null ? '' : `, at: ${offending}`}). Nothing was applied: plan again.`,
    )
  return new ApplyError(
    `nft refused the changes: ${said}${offending === null ? '' : `, at: ${offending}`}. Nothing was applied.`,
    { applied: [], stderr, offending },
  )
}
