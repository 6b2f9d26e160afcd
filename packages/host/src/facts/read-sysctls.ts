import { readdirSync } from 'node:fs'
import { hostSysctls, linkSysctlNames } from '@portolan/netfilter/sysctls'
import { readSysctl } from '../sysctl/sysctl.ts'
import type { LinkSysctls } from './link-sysctls.ts'

/**
 * Reads each sysctl that Portolan uses (`@portolan/core`, kernel-sysctls.ts), of `all`, `default` and each interface.
 * The result lacks a sysctl that this kernel does not have.
 *
 * @param known - values already read, by the name of the interface: for every other value a file is opened, and there
 * may be hundreds of interfaces
 * @returns the values, and a sentence for each sysctl that exists but could not be read
 */
export const readSysctls = (
  known: ReadonlyMap<string, LinkSysctls>,
): { sysctls: Record<string, string>; unread: readonly string[] } => {
  const sysctls: Record<string, string> = {}
  const unread: string[] = []
  /**
   * Reads one sysctl.
   * @returns whether it exists
   */
  const read = (name: string): boolean => {
    try {
      const value = readSysctl(name)
      if (value !== null) sysctls[name] = value
      return value !== null
    } catch (error) {
      unread.push(error instanceof Error ? error.message : String(error))
      return true
    }
  }
  for (const name of hostSysctls) read(name)
  for (const version of ['ipv4', 'ipv6'] as const) {
    // A sysctl that the kernel lacks for new interfaces, it lacks for every interface.
    const isThere = linkSysctlNames(version, 'default').map(read)
    for (const link of interfacesOf(version)) {
      if (link === 'default') continue
      const values: Readonly<Record<string, string>> = known.get(link)?.[version] ?? {}
      for (const [at, name] of linkSysctlNames(version, link).entries()) {
        if (isThere[at] === false) continue
        const value = values[name.slice(name.lastIndexOf('.') + 1)]
        if (value === undefined) read(name)
        else sysctls[name] = value
      }
    }
  }
  return { sysctls, unread }
}

const interfacesOf = (version: 'ipv4' | 'ipv6'): readonly string[] => {
  try {
    return readdirSync(`/proc/sys/net/${version}/conf`)
  } catch {
    // There is no /proc/sys at all, so the sysctls above are missing too.
    return []
  }
}
