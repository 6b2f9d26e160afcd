import { setTimeout as delay } from 'node:timers/promises'
import type { EndpointMark } from '@portolan/core'
import type { LiveMachine } from '../live-machine.ts'
import type { LiveRules } from '../rules/live-rules.ts'
import { aliasOfEndpoint } from './alias-of-endpoint.ts'
import { portOfEndpoint } from './attached-ports.ts'
import { endpointPlace } from './endpoint-place.ts'
import type { EndpointPlace } from './place.ts'

/**
 * The place of an endpoint that is to be attached, with the host as it is now: an interface of its former container, which
 * has ended, is gone.
 */
export const placeToAttach = async (
  rules: LiveRules,
  tools: Parameters<typeof endpointPlace>[1],
  { network, endpoint }: { readonly network: string; readonly endpoint: string },
): Promise<EndpointPlace> => {
  await rules.catchUp()
  const place = await endpointPlace(rules, tools, network, endpoint)
  if (place.way.kind === 'parent' || !(await endedHasGone(rules, tools, place.mark))) return place
  await rules.readFacts()
  return endpointPlace(rules, tools, network, endpoint)
}

/** Between one look and the next: some ten seconds in all. */
const PAUSES_MS = [10, 20, 40, 80, 160, ...Array.from({ length: 40 }, () => 250)]

/**
 * Waits for the end of an interface whose other end is in a namespace that has ended. The kernel takes both away behind the
 * end of the last process there, in a work queue that waits for others (net/core/net_namespace.c `cleanup_net`).
 *
 * @returns whether one has gone
 */
const endedHasGone = async (
  { facts }: LiveRules,
  { links }: Pick<LiveMachine, 'links'>,
  mark: EndpointMark,
): Promise<boolean> => {
  const port = portOfEndpoint(facts, mark)
  if (port === null) return false
  const alias = aliasOfEndpoint(mark)
  for (const pause of PAUSES_MS) {
    const link = await links.readEndpointLink(port.name)
    if (link === null || link.alias !== alias) return true
    if (link.namespace === null || (await links.hasNamespace(link.namespace))) return false
    await delay(pause)
  }
  return false
}
