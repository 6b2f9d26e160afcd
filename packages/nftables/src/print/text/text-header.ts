import type { HeaderExpression, JsonObject, OptionExpression } from '../../model/index.ts'
import { identifier } from '../quote.ts'
import { Unprintable } from './unprintable.ts'

/** A text or number by its JSON key; null when the key is absent. */
export const scalar = (json: JsonObject, key: string): string | number | null => {
  const value = json[key]
  if (value === undefined || value === null) return null
  if (typeof value === 'string' || typeof value === 'number') return value
  throw new Unprintable(key)
}

const word = (json: JsonObject, key: string): string | null => {
  const value = scalar(json, key)
  return typeof value === 'string' ? identifier(value) : value === null ? null : String(value)
}

const joined = (...words: readonly (string | number | null)[]): string =>
  words.filter((one) => one !== null).join(' ')

const optionText = ({ header, json }: OptionExpression): string => {
  const [name, field, offset] = [word(json, 'name'), word(json, 'field'), scalar(json, 'offset')]
  if (header === 'dccp option') return `dccp option ${scalar(json, 'type')}`
  if (json.base !== undefined) return `${header} @${scalar(json, 'base')},${offset},${scalar(json, 'len')}`
  if (header !== 'exthdr') return joined(header, name, field)
  if (field === null) return `exthdr ${name}`
  return joined(name, offset === null || name !== 'rt0' ? field : `${field}[${offset}]`)
}

/** An expression that few rules use, as nft lists it. */
export const headerText = (expression: HeaderExpression): string => {
  switch (expression.kind) {
    case 'option':
      return optionText(expression)
    case 'tunnel-payload':
      return `${identifier(expression.tunnel)} ${identifier(expression.protocol)} ${identifier(expression.field)}`
    case 'route':
      return joined('rt', expression.family, identifier(expression.key))
    case 'ipsec': {
      const { key, direction, family, transform } = expression
      const number = transform === null || transform === 0 ? null : `spnum ${transform}`
      return joined('ipsec', direction, number, family, identifier(key))
    }
    case 'socket': {
      const level = expression.level === null ? null : `level ${expression.level}`
      return joined('socket', identifier(expression.key), level)
    }
    case 'osf':
      return joined(
        'osf',
        expression.ttl === null ? null : `ttl ${expression.ttl}`,
        identifier(expression.key),
      )
    case 'tunnel':
      return `tunnel ${identifier(expression.key)}`
  }
}
