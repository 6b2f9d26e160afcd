import type { DesiredState, LeaseState } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import { changedEndpointNotes } from './changed-endpoints.ts'
import { cutEndpointNotes } from './cut-endpoints.ts'
import { asItIs, type WrittenCommand } from './endpoint-commands.ts'
import { formerAddressNotes } from './former-addresses.ts'
import { leftEndpointNotes } from './left-endpoints.ts'
import { parentedChangeNotes } from './parented-changes.ts'

/** What these notes are told from, of what a plan is made from. */
interface NotedInput {
  readonly facts: HostFacts
  readonly leases: LeaseState | null
  readonly isLive?: boolean
  readonly ownCommand?: WrittenCommand
  /** Interfaces that a bridge releases are put on the next one, as a watch does. */
  readonly mendsPorts?: boolean
}

/** Endpoints that `attach` made, where a plan leaves them without what they have. A live host tells of its own. */
export const endpointNotes = (
  { facts, leases, isLive = false, ownCommand = asItIs, mendsPorts = false }: NotedInput,
  desired: DesiredState,
): readonly string[] =>
  leases === null || isLive
    ? []
    : [
        ...cutEndpointNotes(desired, facts, leases, ownCommand),
        ...leftEndpointNotes(desired, facts, leases, ownCommand),
        ...changedEndpointNotes(desired, facts, leases, ownCommand, mendsPorts),
        ...parentedChangeNotes(desired, leases, ownCommand),
        ...formerAddressNotes(facts, leases, (mark) => mark.project === desired.project, ownCommand),
      ]
