import type { Conflict, Culprit, NetworkConflict } from '@portolan/core'

export const culprit = (tool: string, text: string, table: string | null = null): Culprit => ({
  ...{
    tool,
    text,
    table,
    family: null,
    chain: null,
    position: null,
    handle: null,
    owner: null,
    counters: null,
  },
})

export const ofNetwork = (
  kind: NetworkConflict['kind'],
  network: string,
  cause: Culprit | null,
): Conflict => ({
  ...{ kind, network, mapping: null, published: null, severity: 'error', certainty: 'certain' },
  ...{ message: `${kind} of ${network}`, witness: null, culprit: cause, trace: [] },
  remedy: { text: '', commands: [] },
})

/** A policy that drops packets of a network. */
export const droppedOf = (network: string): Conflict =>
  ofNetwork('ForwardDropped', network, culprit('iptables-nft', '-P FORWARD DROP', 'filter'))
