import { faultText, findFault } from '@portolan/netfilter/schema'
import type { CreatedTable } from './host-state.ts'
import { createdTableSchema } from './state-schema.ts'

/**
 * Reads which tables an apply brought into being. The first versions wrote each of them as a text that is JSON itself.
 *
 * @throws Error that says in one clause what is wrong
 */
export const readCreated = (created: readonly unknown[]): readonly CreatedTable[] =>
  created.map((one, at) => {
    const table = typeof one === 'string' ? fromFirstForm(one) : one
    const fault = findFault(createdTableSchema, table)
    if (fault !== null) throw new Error(faultText(fault, `state.created[${at}]`))
    return table as CreatedTable
  })

/** One that is no JSON is a text still, which is no table. */
const fromFirstForm = (text: string): unknown => {
  try {
    const { whole = false, ...rest } = JSON.parse(text) as Partial<CreatedTable>
    return { ...rest, whole }
  } catch {
    return text
  }
}
