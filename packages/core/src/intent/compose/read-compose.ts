import { InvalidRequestError } from '@portolan/netfilter'
import { closestOf } from '@portolan/netfilter/text'
import type { Intent } from '../intent.ts'
import { type Lookup, lookupIn } from '../interpolate.ts'
import {
  isProjectName,
  normalizeProjectName,
  projectNameFromFolder,
  projectNameRule,
} from '../project-name.ts'
import type { FindNetwork } from './attachments.ts'
import { byBuild } from './by-build.ts'
import { checkComposeFiles, checkComposeText } from './check-options.ts'
import { linksOf } from './links.ts'
import { startLoading } from './loading.ts'
import { mappingsOf } from './mappings.ts'
import { readModel } from './model.ts'
import { checkNetworkClashes } from './network-clashes.ts'
import { implicitDefault, readNetworks } from './networks.ts'
import type { ComposeFile, ComposeFilesOptions, ComposeOptions } from './options.ts'
import { checkOurKeys } from './our-keys.ts'
import type { Named } from './reachable-from.ts'
import { type Reading, readText, startReading } from './reading.ts'
import { checkAddressClashes, endpointsOf, readServices } from './services.ts'
import { getGiven, type MapTree, refuse } from './tree.ts'
import { noteUnknownKeys } from './unknown-keys.ts'

/**
 * Reads a Compose file: its networks, the services on them and the ports they publish. Keys that have nothing to do
 * with networking are ignored. A mistake in a key that is read is an error with its place.
 *
 * @returns the networks, services and ports in the order of the file; `notes` name values that cannot take effect
 * @throws ParseError for text that is not YAML
 * @throws IntentError for a value that is impossible, unknown, or cannot be honoured
 * @throws InvalidRequestError for an invalid project name in an option or the environment
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * intent.mappings[0]?.network // 'default'
 * @public @since 0.1.0
 */
export const readCompose = (text: string, options: ComposeOptions): Intent => {
  checkComposeText(text, options)
  return readFiles([{ text, source: options.source }], options)
}

/**
 * Reads several Compose files as one. Each is merged over those before it by Compose's rules: lists are appended,
 * mappings merged, and `!reset` and `!override` honoured.
 *
 * @param files - at least one, the base first
 * @throws as `readCompose`
 * @public @since 0.1.0
 */
export const readComposeFiles = (
  files: readonly ComposeFile[],
  options: ComposeFilesOptions = {},
): Intent => {
  checkComposeFiles(files, options)
  return readFiles(files, options)
}

const readFiles = (files: readonly ComposeFile[], options: ComposeFilesOptions): Intent => {
  const variables = lookupIn(options.environment ?? {}, lookupIn(options.dotenv ?? {}))
  const names: string[] = []
  const lookup: Lookup = (name) =>
    name === 'COMPOSE_PROJECT_NAME' ? (names[0] ?? variables(name)) : variables(name)
  const { reading, notes } = startReading(lookup)
  const root = readModel(files, startLoading(reading, files, options))
  noteUnknownKeys(reading, root, 'file', '')
  checkOurKeys(reading, root)
  const project = projectOf(reading, root, files, options, variables)
  // Compose sets COMPOSE_PROJECT_NAME for the rest of the file, wherever the name came from.
  names.push(project)

  const named = namesIn(root)
  const written = readNetworks(reading, root, project, named)
  const byName = new Map(written.map((network) => [network.intent.name, network]))
  const implicit = byName.has('default') ? null : implicitDefault(reading, project)
  // Profiles in the options replace those of the variable (compose-go, cli `WithDefaultProfiles`).
  const profiles = (options.profiles ?? (variables('COMPOSE_PROFILES') ?? '').split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const find: FindNetwork = (name) =>
    name === 'default' ? (byName.get(name) ?? implicit ?? undefined) : byName.get(name)
  const services = readServices(reading, root, profiles, find, named)
  checkServices(root)
  const endpoints = services.flatMap(endpointsOf)
  // Compose does not make a network that no service uses, nor look for an external one (compose-go,
  // `WithoutUnnecessaryResources`).
  const used = new Set(services.flatMap(({ attachments }) => attachments.map(({ network }) => network)))
  const networks = [...written, ...(implicit === null ? [] : [implicit])].filter((network) =>
    used.has(network),
  )
  checkNetworkClashes(networks)
  checkAddressClashes(endpoints)
  const mappings = services.flatMap((service) => mappingsOf(reading, service))
  const links = linksOf(services)
  return {
    project,
    ...byBuild(networks, endpoints),
    mappings,
    ...(links.length === 0 ? {} : { links }),
    notes: [...notes],
  }
}

/** The names of all services and networks, whether or not a profile enables them. */
const namesIn = (root: MapTree): Named => ({
  services: new Set(keysIn(root, 'services')),
  networks: new Set(['default', ...keysIn(root, 'networks')]),
})

const keysIn = (root: MapTree, key: string): readonly string[] => {
  const tree = root.entries.get(key)?.value
  return tree?.kind === 'map' ? [...tree.entries.keys()] : []
}

/**
 * Refuses a file that is not a Compose file. Portolan would read nothing from other YAML, and plan nothing, without a
 * message.
 */
const checkServices = (root: MapTree): void => {
  if (root.entries.has('services')) return
  const parts = [...root.entries.values()].map(({ value }) => value)
  const isFirstVersion = parts.some(
    (part) => part.kind === 'map' && (part.entries.has('image') || part.entries.has('build')),
  )
  const misspelt = [...root.entries].find(([key]) => closestOf(key, ['services']) !== null)
  if (misspelt !== undefined)
    refuse(
      misspelt[1].keyPlace,
      `the file has no \`services\`, and the key "${misspelt[0]}" is unknown: did you mean "services"?`,
    )
  refuse(
    root.place,
    isFirstVersion
      ? 'the file has no `services`: it is written in version 1 of the format. Put its services under the key `services`'
      : 'the file has no `services`: it is no Compose file, or only a part of one',
  )
}

/**
 * The name of the project: `-p`, COMPOSE_PROJECT_NAME, `name`, or the folder, in Compose's order (docs.docker.com,
 * "Specify a project name").
 */
const projectOf = (
  reading: Reading,
  root: MapTree,
  files: readonly ComposeFile[],
  options: ComposeFilesOptions,
  variables: Lookup,
): string => {
  const variable = variables('COMPOSE_PROJECT_NAME')
  for (const [from, name] of [
    ['the project option', options.project],
    ['COMPOSE_PROJECT_NAME', variable],
  ] as const) {
    if (name === undefined || name === '') continue
    if (isProjectName(name)) return name
    throw new InvalidRequestError(`${from}: "${name}" is no project name: expected ${projectNameRule}.`)
  }
  const tree = getGiven(root, 'name', 'the file')
  const written = readText(reading, tree, 'name')
  // A `name` that is empty because of its variables is a mistake. One that is written empty is not.
  if (written !== null && !(tree?.kind === 'scalar' && tree.text === '')) {
    const name = normalizeProjectName(written.text)
    if (!isProjectName(name))
      refuse(written.place, `name: "${written.text}" is no project name: expected ${projectNameRule}`)
    if (name !== written.text)
      reading.note(`name: "${written.text}" is taken as ${name}, as Compose does`, written.place)
    return name
  }
  const source = files[0]?.source ?? ''
  const folder = options.folder ?? source.slice(0, Math.max(source.lastIndexOf('/'), 0))
  return projectNameFromFolder(folder) || 'default'
}
