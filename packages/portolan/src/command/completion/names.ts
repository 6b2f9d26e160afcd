import { readdirSync, readFileSync, statSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { parseBridgeAlias, parseEndpointAlias } from '@portolan/core'
import { defaultStateDirectory } from '@portolan/host'
import { visibleLine } from '@portolan/netfilter'
import { liveProjects } from '../../live/wanted/live-projects.ts'
import { commands } from '../commands.ts'
import type { Options } from '../options/option-table.ts'
import type { ValueKind } from '../options/option-values.ts'
import { readIntent } from '../sources/read-intent.ts'
import type { WordsGiven } from './words-given.ts'

/**
 * The names for which a word may stand. A source that cannot be read gives no name, because Tab asks for no message.
 */
export const namesOf = async (
  kind: Exclude<ValueKind, 'file' | 'folder'>,
  { values }: WordsGiven,
): Promise<readonly string[]> => {
  const readers: Readonly<Record<typeof kind, () => readonly string[]>> = {
    command: () => [...Object.keys(commands), 'help'],
    interface: () => Object.keys(networkInterfaces()),
    network: () => {
      const { networks, parented = [] } = intentOf(values)
      return [...networks, ...parented].map(({ name }) => name)
    },
    endpoint: () => endpointsHere(textOf(values.project)),
    project: () => [
      ...attempted(() => [intentOf(values).project]),
      ...attempted(projectsOfBridges),
      ...attempted(() => liveProjects(textOf(values.state) ?? defaultStateDirectory())),
    ],
  }
  // A name with characters that act on a terminal is not offered.
  return [...new Set(attempted(readers[kind]))].filter((name) => visibleLine(name) === name)
}

const attempted = (read: () => readonly string[]): readonly string[] => {
  try {
    return read()
  } catch {
    return []
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/**
 * The intent of the file that was named, or of the one found here. A pipe is not read, because the command needs its
 * text.
 */
const intentOf = (values: WordsGiven['values']): ReturnType<typeof readIntent> => {
  const files = Array.isArray(values.file) ? values.file.map(String) : []
  if (files.some((file) => !statSync(file).isFile())) return readIntent({ file: [''] })
  const options: Options = files.length === 0 ? {} : { file: files }
  return readIntent(options)
}

const projectsOfBridges = (): readonly string[] =>
  aliasesHere().flatMap((alias) => parseBridgeAlias(alias)?.project ?? [])

/**
 * The endpoints that are attached to bridges. An endpoint on a network of another kind has no interface that the host
 * sees.
 */
const endpointsHere = (project: string | undefined): readonly string[] =>
  aliasesHere().flatMap((alias) => {
    const mark = parseEndpointAlias(alias)
    return mark === null || (project !== undefined && mark.project !== project) ? [] : [mark.endpoint]
  })

/** The aliases of the host's interfaces. The marks of managed interfaces are in `ifalias`, which any user may read. */
const aliasesHere = (): readonly string[] =>
  readdirSync('/sys/class/net').flatMap((link) =>
    attempted(() => [readFileSync(join('/sys/class/net', link, 'ifalias'), 'utf8').trim()]),
  )
