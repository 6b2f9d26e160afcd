import type { EndpointMark } from '@portolan/core'
import { readNetworkFacts } from '@portolan/host'
import { visibleLine } from '@portolan/netfilter'
import type { DetachOptions } from '../../live/attachments/attach-request.ts'
import {
  endpointNamed,
  isOnNetworks,
  networksOf,
  openFor,
  projectOfEndpoint,
  readLeases,
} from '../attach/attached-project.ts'
import { leftSubnetNotes, networksHeldBy } from '../attach/left-subnets.ts'
import { markInside } from '../attach/mark-inside.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { namespaceOf } from '../options/namespace-option.ts'
import { jsonText } from '../output/json-text.ts'
import { sayLine } from '../output/say-line.ts'
import { appliedAgain } from '../watch/key-words.ts'

/** `portolan detach`: takes an endpoint off its networks. */
export const run = async ({ options, positionals, terminal }: CommandContext): Promise<ExitCode> => {
  const [written = ''] = positionals
  const inside = await markInside(options)
  const known = (await projectOfEndpoint(options, written)) ?? projectOf(inside, written)
  const endpoint = await endpointNamed(options, known, written)
  const project = known ?? (endpoint === written ? null : await projectOfEndpoint(options, endpoint))
  const keepLease = options['keep-leases'] === true
  const isInside = project !== null && projectOf(inside, endpoint) === project
  const isOn = isInside || (project !== null && (await isOnNetworks(options, project, endpoint, keepLease)))
  const held = project === null ? null : networksHeldBy(await readLeases(options), project, endpoint)
  if (project !== null) {
    const how: DetachOptions = {
      keepLease,
      ...(options.netns === undefined ? {} : { netns: namespaceOf(options.netns) }),
      ...(options.interface === undefined ? {} : { interface: options.interface }),
    }
    const { host, isOwn } = await openFor(project, options)
    try {
      if (isOwn) await host.detach(endpoint, how)
      else
        for (const network of new Set([
          ...(await networksOf(options, project, endpoint)),
          ...(isInside && inside !== null ? [inside.network] : []),
        ]))
          await host.detach(endpoint, { ...how, network: `${project}/${network}` })
    } finally {
      await host.close()
    }
  }
  const notes =
    project === null || held === null || held.size === 0
      ? []
      : leftSubnetNotes(
          await readLeases(options),
          await readNetworkFacts(),
          project,
          held,
          await appliedAgain(options, project),
        )
  for (const note of notes) sayLine(terminal, note)
  if (options.json === true)
    terminal.print(jsonText({ endpoint: written, project, ...(notes.length === 0 ? {} : { notes }) }))
  else terminal.print(visibleLine(textOf(written, project, isOn)))
  return exitCode.ok
}

const projectOf = (mark: EndpointMark | null, endpoint: string): string | null =>
  mark?.endpoint === endpoint ? mark.project : null

const textOf = (endpoint: string, project: string | null, wasOn: boolean): string => {
  if (project === null) return `Nothing of ${endpoint} is on this host.`
  return wasOn
    ? `${endpoint} is off the networks of project ${project}.`
    : `${endpoint} has no interface on the networks of project ${project}: there is nothing to detach.`
}
