import { checkedBy, faultText } from '@portolan/netfilter/schema'
import type { CreatedTable } from './host-state.ts'
import { createdTableSchema } from './state-schema.ts'

/**
 * Reads the tables that an apply created. The first versions wrote each table as a text that holds JSON.
 *
 * @throws Error that says in one clause what is wrong
 */
export const readCreated = (created: readonly unknown[]): readonly CreatedTable[] =>
  created.map((one, at) => {
    const table = typeof one === 'string' ? fromFirstForm(one) : one
    return checkedBy(
      createdTableSchema,
      table,
      (fault) => new Error(faultText(fault, `state.created[${at}]`)),
    )
  })

/** Parses a table of the first versions. A text that is not JSON stays a text, which the schema then refuses. */
const fromFirstForm = (text: string): unknown => {
  try {
    const { whole = false, ...rest } = JSON.parse(text) as Partial<CreatedTable>
    return { ...rest, whole }
  } catch {
    return text
  }
}
