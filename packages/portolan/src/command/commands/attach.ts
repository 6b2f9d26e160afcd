import type { NamespaceReference } from '@portolan/host'
import { InvalidRequestError, tryParseAddress, visibleLine } from '@portolan/netfilter'
import { macValue } from '@portolan/netfilter/schema'
import type { AttachedEndpoint } from '../../live/attachments/attach-endpoint.ts'
import type { AttachRequest } from '../../live/attachments/attach-request.ts'
import { endpointNamed, openFor, projectOfNetwork, projectOnParent } from '../attach/attached-project.ts'
import { onParent } from '../attach/network-on-parent.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { namespaceOf } from '../options/namespace-option.ts'
import type { Options } from '../options/option-table.ts'
import { wholeNumber } from '../options/options.ts'
import { parentedOptions } from '../options/parented-options.ts'
import { jsonText } from '../output/json-text.ts'
import { sayLine } from '../output/say-line.ts'

/** `portolan attach`: puts a process on a network. */
export const run = async ({ options, positionals, terminal }: CommandContext): Promise<ExitCode> => {
  const [written = ''] = positionals
  const request = requestOf(options)
  const parented = parentedOptions(options)
  const { project, network } = await (parented === null
    ? projectOfNetwork(options, written)
    : projectOnParent(options, written))
  const endpoint = await endpointNamed(options, project, request.endpoint)
  const { host, isOwn } = await openFor(project, options, parented !== null)
  try {
    const attach = (): Promise<AttachedEndpoint> =>
      host.attach({ ...request, endpoint, network: isOwn ? network : `${project}/${network}` })
    const { notes: changed, result } =
      parented === null
        ? { notes: [], result: await attach() }
        : await onParent(host, options, { project, network }, parented, attach)
    const notes = [...changed, ...(result.notes ?? [])]
    const attached = notes.length === 0 ? result : { ...result, notes }
    for (const note of notes) sayLine(terminal, note)
    const text = (): string => textOf(project, request.endpoint, attached)
    terminal.print(options.json === true ? jsonText({ ...attached, project }) : text())
    return exitCode.ok
  } finally {
    await host.close()
  }
}

const textOf = (
  project: string,
  endpoint: string,
  { network, interface: name, ip, ip6, mac }: AttachedEndpoint,
): string =>
  visibleLine(
    `${endpoint} is on network ${project}/${network}: ${name} ${[ip, ip6].filter((one) => one !== null).join(' and ')}, MAC ${mac}.`,
  )

/** @throws InvalidRequestError */
const requestOf = (options: Options): Omit<AttachRequest, 'network'> => {
  const { netns: written, interface: inside, mac } = options
  if (written === undefined)
    throw new InvalidRequestError(
      '--netns is missing: give the number of a process, the path of a namespace (/proc/PID/ns/net) or its name (ip netns list).',
    )
  const netns = namespaceOf(written)
  if (mac !== undefined && !macValue.holds(mac))
    throw new InvalidRequestError(`--mac ${visibleLine(mac)}: expected ${macValue.expected}.`)
  const mtu = wholeNumber(options, 'mtu', { from: 68, to: 65_535 })
  const metric = wholeNumber(options, 'metric', { from: 0, to: 0xffffffff })
  return {
    netns,
    endpoint: options.name ?? nameOf(netns),
    ...addressesOf(options.address ?? []),
    ...(inside === undefined ? {} : { interface: inside }),
    ...(mac === undefined ? {} : { mac }),
    ...(mtu === null ? {} : { mtu }),
    ...(metric === null ? {} : { metric }),
    ...(options['no-default-route'] === true ? { defaultRoute: false } : {}),
  }
}

const nameOf = (netns: NamespaceReference): string => {
  if ('name' in netns) return netns.name
  if ('pid' in netns) return `pid-${netns.pid}`
  const [, pid] = /^\/proc\/(\d+)\/ns\/net$/.exec(netns.path) ?? []
  return pid === undefined ? netns.path.slice(netns.path.lastIndexOf('/') + 1) : `pid-${pid}`
}

const addressesOf = (texts: readonly string[]): Pick<AttachRequest, 'address' | 'address6'> => {
  const found: { address?: string; address6?: string } = {}
  for (const text of texts) {
    const family = tryParseAddress(text)?.family
    if (family === undefined)
      throw new InvalidRequestError(
        `--address ${visibleLine(text)}: expected an address such as 172.17.0.9 or fd00::9, without a prefix length: that is the network's.`,
      )
    const key = family === 'ip' ? 'address' : 'address6'
    if (found[key] !== undefined && found[key] !== text)
      throw new InvalidRequestError(
        `--address is given twice for ${family === 'ip' ? 'IPv4' : 'IPv6'}, with ${found[key]} and ${text}: an endpoint has one address in each family.`,
      )
    found[key] = text
  }
  return found
}
