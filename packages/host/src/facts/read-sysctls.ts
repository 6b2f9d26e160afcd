import { readdirSync } from 'node:fs'
import { hostSysctls, linkSysctlNames } from '@portolan/netfilter/sysctls'
import { readSysctl } from '../sysctl/sysctl.ts'
import type { LinkSysctls } from './link-sysctls.ts'

/**
 * Every sysctl that Portolan asks for (`@portolan/core`, kernel-sysctls.ts), of `all`, `default` and each interface. A
 * sysctl this kernel does not have is absent.
 *
 * @param known - of interfaces, by their name: there may be hundreds, and a file is opened for each sysctl of the others
 * @returns the values, and a sentence for each that is there but could not be read
 */
export const readSysctls = (
  known: ReadonlyMap<string, LinkSysctls>,
): { sysctls: Record<string, string>; unread: readonly string[] } => {
  const sysctls: Record<string, string> = {}
  const unread: string[] = []
  /** @returns is it there? */
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
    // What the kernel does not have for new interfaces, it has for none.
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
    // No /proc/sys at all: every name above is absent too, and nothing more can be said of interfaces.
    return []
  }
}
