import { setTimeout as delay } from 'node:timers/promises'
import type { EndpointMark } from '@portolan/core'
import type { LiveMachine } from '../live-machine.ts'
import type { LiveRules } from '../rules/live-rules.ts'
import { aliasOfEndpoint } from './alias-of-endpoint.ts'
import { portOfEndpoint } from './attached-ports.ts'
import { endpointPlace } from './endpoint-place.ts'
import type { EndpointPlace } from './place.ts'

/**
 * Finds the place of an endpoint to attach, on the host as it is now. When its former container has ended, this waits
 * until the interface of that container is gone.
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

/** Pauses between two looks, in milliseconds: some ten seconds in all. */
const PAUSES_MS = [10, 20, 40, 80, 160, ...Array.from({ length: 40 }, () => 250)]

/**
 * Waits for the end of an interface whose other end is in an ended namespace. The kernel removes both after the last
 * process there ends, in a work queue that other work may delay (net/core/net_namespace.c `cleanup_net`).
 *
 * @returns true when an interface has gone
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
