import { aboutNetwork, type Conflict, culpritOutsideRules } from '../conflict.ts'

/** The reason why an interface cannot be the parent of a network. */
export interface ParentFault {
  /** The reason without the names of network and interface: `is not on this host`. */
  readonly why: string
  readonly remedy: string
  readonly commands: readonly string[]
}

/**
 * The parent of a macvlan or ipvlan network does not exist, or the kernel allows it no children. None of the network's
 * containers gets an interface.
 *
 * @param owner - the owner of the interface; null: not known
 * @internal
 */
export const parentUnusable = (
  network: string,
  parent: string,
  { why, remedy, commands }: ParentFault,
  owner: string | null,
): Conflict => ({
  kind: 'ParentUnusable',
  severity: 'error',
  certainty: 'certain',
  ...aboutNetwork(network),
  message: `No container can join network ${network}: its parent ${parent} ${why}.`,
  witness: null,
  culprit: culpritOutsideRules('link', parent, owner),
  remedy: { text: remedy, commands },
  trace: [],
})

/**
 * The parent of a network is down, so nothing passes. The plan does not touch a foreign interface.
 * @internal
 */
export const parentDown = (network: string, parent: string, commands: readonly string[]): Conflict => ({
  kind: 'ParentDown',
  severity: 'warning',
  certainty: 'certain',
  ...aboutNetwork(network),
  message: `Containers of network ${network} reach nothing and are not reached: its parent ${parent} is down.`,
  witness: null,
  culprit: culpritOutsideRules('link', parent, null),
  remedy: { text: 'Set the interface up.', commands },
  trace: [],
})
