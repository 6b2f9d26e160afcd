import type { FlowInput } from '@portolan/core'
import type { PacketInput } from '@portolan/netfilter'
import type { Plan } from 'portolan/machine'
import type { FakeHost } from '../fake-host/fake-host.ts'
import { type ExpectedReceiver, toDeliver, toDrop } from './match-flow.ts'
import { type ConflictOptions, toHaveNoConflicts, toMeetContract } from './match-host.ts'
import type { MatchResult } from './match-result.ts'

/**
 * The matchers, for `expect.extend` of any test runner that takes Jest's. `@portolan/testing/jest` and
 * `@portolan/testing/vitest` register them, with types.
 * @example
 * expect.extend(portolanMatchers)
 * expect(host).toDeliver(flow)
 * @public @since 0.1.0
 */
export const portolanMatchers: {
  toDeliver(host: FakeHost, flow: PacketInput | FlowInput, to?: ExpectedReceiver): MatchResult
  toDrop(host: FakeHost, flow: PacketInput | FlowInput): MatchResult
  toHaveNoConflicts(subject: FakeHost | Plan, options?: ConflictOptions): MatchResult
  toMeetContract(host: FakeHost): MatchResult
} = { toDeliver, toDrop, toHaveNoConflicts, toMeetContract }

/**
 * The matchers, as methods of `expect(host)`.
 * @public @since 0.1.0
 */
export interface PortolanMatchers<Result = void> {
  /**
   * The flow comes to a container, to another machine or to a process that listens on the host, and its answer comes
   * back. A failure prints the packet's way.
   * @param to - the receiver it has to come to; any unless told
   */
  toDeliver(flow: PacketInput | FlowInput, to?: ExpectedReceiver): Result
  /** The flow, or the answer to it, is dropped, rejected or has no route. A failure prints the packet's way. */
  toDrop(flow: PacketInput | FlowInput): Result
  /**
   * Nothing on the host, or in the plan, breaks what is wanted. A failure prints each conflict, with the way of its
   * witness.
   */
  toHaveNoConflicts(options?: ConflictOptions): Result
  /** Every flow of the reachability contract meets it. A failure prints each flow that does not, with its way. */
  toMeetContract(): Result
}
