import { readdirSync } from 'node:fs'
import { hostSysctls, linkSysctlNames } from '@portolan/netfilter/sysctls'
import { readSysctl } from '../sysctl/sysctl.ts'

/**
 * Every sysctl that Portolan asks for (`@portolan/core`, kernel-sysctls.ts), of `all`, `default` and each interface. A
 * sysctl this kernel does not have is absent.
 *
 * @returns the values, and a sentence for each that is there but could not be read
 */
export const readSysctls = (): { sysctls: Record<string, string>; unread: readonly string[] } => {
  const sysctls: Record<string, string> = {}
  const unread: string[] = []
  for (const name of [...hostSysctls, ...sysctlsOf('ipv4'), ...sysctlsOf('ipv6')]) {
    try {
      const value = readSysctl(name)
      if (value !== null) sysctls[name] = value
    } catch (error) {
      unread.push(error instanceof Error ? error.message : String(error))
    }
  }
  return { sysctls, unread }
}

const sysctlsOf = (version: 'ipv4' | 'ipv6'): readonly string[] => {
  let interfaces: readonly string[] = []
  try {
    interfaces = readdirSync(`/proc/sys/net/${version}/conf`)
  } catch {
    // No /proc/sys at all: every name above is absent too, and nothing more can be said of interfaces.
  }
  return interfaces.flatMap((name) => linkSysctlNames(version, name))
}
