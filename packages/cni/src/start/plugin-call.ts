import { readlinkSync, statSync } from 'node:fs'
import type { HandedAnswer, ServedCall } from '@portolan/host/handover'
import type { Plugins } from './plugins-file.ts'

/** One call of an engine, served in this process or handed over to another. */
export type PluginCall = Omit<ServedCall, 'place'>

export const servePlugin = (
  { runCni, runNetavark }: Plugins,
  { plugin, arguments: words, ...call }: PluginCall,
): Promise<HandedAnswer> => (plugin === 'cni' ? runCni(call) : runNetavark({ arguments: words, ...call }))

/** The variables that name the folders of this user's files. */
export const homes = ['HOME', 'XDG_CONFIG_HOME', 'XDG_STATE_HOME'] as const

/** The part of the environment that a call needs: the variables of the engine, and the folders of this user's files. */
export const neededVariables = (environment: NodeJS.ProcessEnv): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && (entry[0].startsWith('CNI_') || homes.some((name) => name === entry[0])),
    ),
  )

/**
 * The conditions under which another process does the same work as this one: the same container namespace at this path,
 * the same folder of leases, and the same user namespace.
 */
export const placeOf = ({
  environment,
  arguments: words,
}: Pick<PluginCall, 'environment' | 'arguments'>): string =>
  JSON.stringify([
    readlinkSync('/proc/self/ns/user'),
    ...[environment.CNI_NETNS ?? words[1] ?? '', '/var/lib/portolan'].map(fileKey),
  ])

const fileKey = (path: string): string => {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    return ''
  }
}
