import type { JsonObject, ObjectStatement, RareStatement, UpdateStatement } from '../../model/index.ts'
import { identifier, quote } from '../quote.ts'
import { elementText, expressionText, quotedParts } from './text-expression.ts'
import { carriedText } from './text-stateful.ts'

const objectText = ({ type, object }: ObjectStatement): string => {
  const name = object.kind === 'text' ? quote(object.text) : expressionText(object)
  if (type === 'secmark') return `meta secmark set ${name}`
  return type.startsWith('ct ') ? `${type} set ${name}` : `${type} name ${name}`
}

const updateText = ({ operation, name, element, data, statements }: UpdateStatement): string => {
  const key = elementText(element, quotedParts(element.key))
  const carried = statements.map((statement) => ` ${carriedText(statement)}`).join('')
  const value = data === null ? '' : ` : ${expressionText(data)}`
  return `${identifier(operation)} @${identifier(name)} { ${key}${carried}${value} }`
}

const synproxyText = (json: JsonObject | null): string => {
  const { mss, wscale, flags = [] } = json ?? {}
  const listed = Array.isArray(flags) ? flags : [flags]
  const words = ['synproxy']
  if (typeof mss === 'number') words.push(`mss ${mss}`)
  if (typeof wscale === 'number') words.push(`wscale ${wscale}`)
  return [...words, ...listed.map((flag) => identifier(String(flag)))].join(' ')
}

const tproxyText = ({ family, address, port }: RareStatement & { kind: 'tproxy' }): string => {
  const end = address === null ? '' : expressionText(address)
  const host = port !== null && address?.kind === 'text' && end.includes(':') ? `[${end}]` : end
  return `tproxy ${family === null ? '' : `${family} `}to ${host}${port === null ? '' : `:${expressionText(port)}`}`
}

/** A statement that few rulesets have, as nft lists it. */
export const rareStatementText = (
  statement: Exclude<RareStatement, { readonly kind: 'quota' | 'last' | 'ct-count' }>,
): string => {
  switch (statement.kind) {
    case 'object':
      return objectText(statement)
    case 'flow':
      return `flow ${identifier(statement.operation)} @${identifier(statement.flowtable.replace(/^@/, ''))}`
    case 'update':
      return updateText(statement)
    case 'queue': {
      const flags = statement.flags.length === 0 ? '' : ` flags ${statement.flags.map(identifier).join(',')}`
      return `queue${flags}${statement.number === null ? '' : ` to ${expressionText(statement.number)}`}`
    }
    case 'tproxy':
      return tproxyText(statement)
    case 'synproxy':
      return synproxyText(statement.json)
    case 'dup': {
      const to = statement.address === null ? '' : ` to ${expressionText(statement.address)}`
      if (statement.device === null) return `dup${to}`
      // In the netdev family `dup` has a device and no address: `dup to "eth0"`.
      return `dup${to === '' ? ' to' : `${to} device`} ${expressionText(statement.device, [true])}`
    }
    case 'fwd': {
      const device = expressionText(statement.device, [statement.device.kind === 'text'])
      if (statement.address === null) return `fwd to ${device}`
      return `fwd ${statement.family ?? 'ip'} to ${expressionText(statement.address)} device ${device}`
    }
    case 'reset':
      return `reset ${expressionText(statement.option)}`
  }
}
