import { aboutNetwork, type Conflict, culpritOutsideRules } from './conflict.ts'

/** Why an interface cannot be the parent of a network. */
export interface ParentFault {
  /** Without the network and the interface: `is not on this host`. */
  readonly why: string
  readonly remedy: string
  readonly commands: readonly string[]
}

/**
 * A network of macvlan or ipvlan is on an interface that is not there, or that the kernel allows no children: none of its
 * containers gets an interface.
 *
 * @param owner - what has the interface, where it is known
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
 * The parent of a network is down, so nothing passes. The plan leaves an interface of others as it is.
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
