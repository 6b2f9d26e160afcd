import type { Expression, Rule, Statement } from '../model/index.ts'
import { expressionJson } from '../print/json/json-expression.ts'
import { statementJson } from '../print/json/json-statement.ts'
import { quote } from '../print/quote.ts'
import { expressionText } from '../print/text/text-expression.ts'
import { statementText } from '../print/text/text-statement.ts'

const isStatement = (node: Expression | Statement): node is Statement =>
  node.kind === 'match' || node.kind in statementKinds

/** The kinds that only statements have. */
const statementKinds: Readonly<Record<string, true>> = {
  vmap: true,
  snat: true,
  dnat: true,
  masquerade: true,
  redirect: true,
  counter: true,
  reject: true,
  'set-value': true,
  limit: true,
  log: true,
  notrack: true,
  xt: true,
  object: true,
  quota: true,
  last: true,
  'ct-count': true,
  flow: true,
  update: true,
  queue: true,
  tproxy: true,
  synproxy: true,
  dup: true,
  fwd: true,
  reset: true,
}

const orJson = (print: () => string, json: () => unknown): string => {
  try {
    return print()
  } catch {
    return JSON.stringify(json())
  }
}

/** A node as nft lists it, or as JSON where nft's text has no form for it. Never throws. */
export const textOf = (node: Expression | Statement): string =>
  isStatement(node)
    ? orJson(
        () => (node.kind === 'counter' && node.name === null ? 'counter' : statementText(node)),
        () => statementJson(node),
      )
    : orJson(
        () => expressionText(node),
        () => expressionJson(node),
      )

/** A rule as nft lists it, without its counters. Never throws. */
export const ruleSource = ({ statements, comment }: Rule): string => {
  const words = statements
    .filter((statement) => statement.kind !== 'counter' || statement.name !== null)
    .map(textOf)
  if (comment !== null)
    words.push(
      orJson(
        () => `comment ${quote(comment)}`,
        () => comment,
      ),
    )
  return words.join(' ')
}
