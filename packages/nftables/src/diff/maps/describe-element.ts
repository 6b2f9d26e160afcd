import type { ChangeWords } from '@portolan/core/planning'
import { tableFamily, tableName } from '../../compile/ours.ts'
import type { Operation } from '../../model/change.ts'
import type { Element, NamedSet } from '../../model/index.ts'
import { elementParts, expressionText } from '../../print/text/text-expression.ts'
import { quotedTypes } from '../../print/text/text-table.ts'
import { purpose } from './purpose.ts'

export type ElementOperation = Extract<
  Operation,
  { readonly kind: 'add-element' | 'remove-element' | 'replace-element' }
>

const table = `${tableFamily} ${tableName}`

/** The words for an operation on an element. A plan may have ten thousand of them, so each part is written once. */
export const wordsOfElement = (operation: ElementOperation): ChangeWords => {
  const { set, element } = operation
  const named = `${set.kind} ${set.name}`
  const key = expressionText(element.key, quotedTypes(set.keyType))
  const end = element.data === null ? null : expressionText(element.data, quotedTypes(set.dataType))
  const line = elementParts(element, key, end)
  const object = `${set.kind} element ${table} ${set.name} { ${key} }`
  const removal = `delete element ${table} ${set.name} { ${key} }`
  const goesTo = end === null ? '' : ` : ${end}`
  switch (operation.kind) {
    case 'add-element':
      return {
        object,
        description: `Adds ${key}${goesTo} to ${named}${purpose(element.comment)}.`,
        before: null,
        after: line,
        reverse: removal,
      }
    case 'remove-element':
      return {
        object,
        description: `Removes ${key}${goesTo} from ${named}${purpose(element.comment)}.`,
        before: line,
        after: null,
        reverse: `add element ${table} ${set.name} { ${line} }`,
      }
    case 'replace-element': {
      const before = lineOf(set, operation.before)
      return {
        object,
        description: `Points ${key} of ${named} elsewhere${purpose(element.comment)}: ${line} instead of ${before}.`,
        before,
        after: line,
        reverse: `${removal}\nadd element ${table} ${set.name} { ${before} }`,
      }
    }
  }
}

const lineOf = (set: NamedSet, element: Element): string =>
  elementParts(
    element,
    expressionText(element.key, quotedTypes(set.keyType)),
    element.data === null ? null : expressionText(element.data, quotedTypes(set.dataType)),
  )
