import { shellWord } from '@portolan/netfilter'

/**
 * The command that sets a sysctl. Empty if sysctl(8) would read the interface's name as more than a name: it ends a
 * name at `=`, and takes `*`, `?` and `[` for a pattern.
 */
export const sysctlCommands = (name: string, value: string): readonly string[] =>
  /^net[\w./:@,+-]+$/.test(name) ? [`sysctl -w ${shellWord(`${name}=${value}`)}`] : []
