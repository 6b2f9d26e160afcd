import { shellWord } from '@portolan/netfilter'

/**
 * The command that sets a sysctl; none where the interface in its name is called what sysctl(8) reads as more than a
 * name: it ends a name at `=`, and takes `*`, `?` and `[` for a pattern of several.
 */
export const sysctlCommands = (name: string, value: string): readonly string[] =>
  /^net[\w./:@,+-]+$/.test(name) ? [`sysctl -w ${shellWord(`${name}=${value}`)}`] : []
