import type { DesiredOpening, OpeningSource } from '@portolan/core'
import {
  address,
  addressOrNull,
  allOf,
  exactly,
  family,
  listOf,
  ofKind,
  orNull,
  prefix,
  protocol,
  type Schema,
  text,
  wholeNumber,
} from '@portolan/netfilter/schema'

/** What `links` and `reachable_from` open, as a stored plan holds it. */
export const openingSchema: Schema<DesiredOpening> = allOf({
  label: text(),
  family,
  network: text(),
  address: addressOrNull,
  from: ofKind<OpeningSource['kind'], OpeningSource>({
    interface: allOf({ kind: exactly('interface'), name: text() }),
    prefix: allOf({ kind: exactly('prefix'), prefix }),
    network: allOf({ kind: exactly('network'), network: text() }),
    container: allOf({ kind: exactly('container'), network: text(), address }),
  }),
  ports: orNull(listOf(allOf({ protocol, port: wholeNumber }))),
})
