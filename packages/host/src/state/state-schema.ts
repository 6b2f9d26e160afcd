import type { HookNeed } from '@portolan/core'
import {
  absentOr,
  address,
  addressOrNull,
  allOf,
  anything,
  exactly,
  family,
  flag,
  listOf,
  namesTo,
  oneOf,
  oneOfOrNull,
  protocol,
  type Schema,
  text,
  textOrNull,
  texts,
  wholeNumber,
  wholeNumberOrNull,
} from '@portolan/netfilter/schema'
import type { CreatedTable, Fix, ValueGiven } from './host-state.ts'
import type { OwedFlows } from './owed-flows.ts'

const valueGiven: Schema<ValueGiven> = allOf({
  before: text(),
  given: text(),
  restoring: absentOr(exactly(true)),
  // A file of an earlier Portolan has no interfaces here.
  links: absentOr(listOf(wholeNumber)),
})

const flows = {
  family,
  protocol,
  hostAddress: addressOrNull,
  hostPort: wholeNumber,
}

/** The connections that conntrack must still forget after a run. @public @since 0.1.0 */
export const owedFlowsSchema: Schema<OwedFlows> = allOf({
  mapped: listOf(allOf({ ...flows, address, port: wholeNumber })),
  untranslated: listOf(allOf(flows)),
})

const hookNeed: Schema<HookNeed> = allOf({
  of: oneOf('mapping', 'network'),
  bridge: text(),
  address: textOrNull,
  protocol: oneOfOrNull('tcp', 'udp', 'sctp'),
  port: wholeNumberOrNull,
})

/** A request to another program. @public @since 0.1.0 */
export const fixSchema: Schema<Fix> = allOf({
  project: text(),
  name: text(),
  beneficiaries: texts,
  needs: listOf(hookNeed),
  commands: listOf(texts),
  undo: listOf(texts),
})

/** A table that an apply created. */
export const createdTableSchema: Schema<CreatedTable> = allOf({
  family,
  table: text(),
  chains: texts,
  whole: flag,
})

/** A fix as the first versions wrote it: the first command that was run, and the commands that undo all of them. */
export interface FirstForm {
  readonly project: string
  readonly words: readonly string[]
  readonly undo: readonly (readonly string[])[]
}

export const firstFormSchema: Schema<FirstForm> = allOf({
  project: text(),
  words: texts,
  undo: listOf(texts),
})

/** The version number, which a file of any version has. */
export const numberedSchema: Schema<{ readonly version: number }> = allOf({ version: wholeNumber })

/** A state file whose tables and fixes are not checked yet, because earlier versions wrote them in other forms. */
export interface WrittenState {
  readonly namespace: string
  readonly bootId: string
  readonly routeSocket?: string | null
  readonly state: {
    readonly sysctls: Readonly<Record<string, ValueGiven>>
    readonly created: readonly unknown[]
    readonly attributes: Readonly<Record<string, ValueGiven>>
    readonly fixes?: readonly unknown[]
    readonly owed?: OwedFlows
  }
}

export const stateFileSchema: Schema<WrittenState> = allOf({
  namespace: text(),
  bootId: text(),
  // A file of an earlier Portolan has no socket here.
  routeSocket: absentOr(textOrNull),
  state: allOf({
    sysctls: namesTo(valueGiven),
    created: listOf(anything),
    attributes: namesTo(valueGiven),
    fixes: absentOr(listOf(anything)),
    owed: absentOr(owedFlowsSchema),
  }),
})
