import { isArray, isObject, type JsonObject } from '../../model/index.ts'
import { tagOf } from '../../parse/json/fields.ts'
import { identifier, quote } from '../quote.ts'
import { scalar } from './text-header.ts'
import { Unprintable } from './unprintable.ts'

const text = (json: JsonObject, key: string): string => {
  const value = scalar(json, key)
  if (value === null) throw new Unprintable(key)
  return typeof value === 'number' ? String(value) : identifier(value)
}

const optional = (json: JsonObject, key: string, word = key): string =>
  json[key] === undefined ? '' : `${word} ${text(json, key)}`

const listed = (json: JsonObject, key: string): readonly string[] => {
  const value = json[key] ?? []
  return (isArray(value) ? value : [value]).map((item) => {
    if (typeof item !== 'string') throw new Unprintable(key)
    return item
  })
}

const quantity = (json: JsonObject, value: string, unit: string): string =>
  `${text(json, value)} ${json[unit] === undefined ? 'bytes' : text(json, unit)}`

const limitLines = (json: JsonObject): readonly string[] => {
  const unit = scalar(json, 'rate_unit')
  const isBytes = unit !== null && unit !== 'packets'
  const rate = `rate ${json.inv === true ? 'over ' : ''}${text(json, 'rate')}${isBytes ? ` ${unit}` : ''}/${text(json, 'per')}`
  if (json.burst === undefined) return [rate]
  return [
    `${rate} burst ${isBytes ? quantity(json, 'burst', 'burst_unit') : `${text(json, 'burst')} packets`}`,
  ]
}

const timeoutLines = (json: JsonObject): readonly string[] => {
  const { policy } = json
  if (!isObject(policy)) throw new Unprintable('policy')
  const states = Object.keys(policy).map((state) => `${identifier(state)} : ${text(policy, state)}`)
  return [
    `protocol ${text(json, 'protocol')};`,
    `l3proto ${text(json, 'l3proto')}`,
    `policy = { ${states.join(', ')} }`,
  ]
}

const flowtableLines = (json: JsonObject): readonly string[] => {
  const devices = listed(json, 'dev')
  return [
    `hook ${text(json, 'hook')} priority ${text(json, 'prio')}`,
    ...(devices.length === 0 ? [] : [`devices = { ${devices.map(quote).join(', ')} }`]),
  ]
}

/** The lines of each kind of object, without its comment. */
const lines: Readonly<Record<string, (json: JsonObject) => readonly string[]>> = {
  counter: (json) => [`packets ${text(json, 'packets')} bytes ${text(json, 'bytes')}`],
  quota: (json) => {
    const used =
      json.used === undefined || json.used === 0 ? '' : ` used ${quantity(json, 'used', 'used_unit')}`
    return [`${json.inv === true ? 'over ' : ''}${quantity(json, 'bytes', 'val_unit')}${used}`]
  },
  limit: limitLines,
  secmark: (json) => [quote(text(json, 'context'))],
  synproxy: (json) => [
    [optional(json, 'mss'), optional(json, 'wscale'), ...listed(json, 'flags').map(identifier)]
      .filter((word) => word !== '')
      .join(' '),
  ],
  'ct helper': (json) => [
    `type ${quote(text(json, 'type'))} protocol ${text(json, 'protocol')};`,
    `l3proto ${text(json, 'l3proto')}`,
  ],
  'ct timeout': timeoutLines,
  'ct expectation': (json) => [
    `protocol ${text(json, 'protocol')}`,
    `dport ${text(json, 'dport')}`,
    `timeout ${text(json, 'timeout')}ms`,
    `size ${text(json, 'size')}`,
    `l3proto ${text(json, 'l3proto')}`,
  ],
  flowtable: flowtableLines,
}

/**
 * A stateful object or a flowtable as a block of nft's text form.
 * @throws Unprintable when its kind is not known
 */
export const objectText = (object: JsonObject): string => {
  const [kind = '', body] = tagOf(object) ?? []
  const print = Object.hasOwn(lines, kind) ? lines[kind] : undefined
  if (print === undefined || !isObject(body)) throw new Unprintable(kind)
  const comment = typeof body.comment === 'string' ? [`comment ${quote(body.comment)}`] : []
  const inner = [...comment, ...print(body)].map((line) => `\t\t${line}`)
  return [`\t${kind} ${text(body, 'name')} {`, ...inner, '\t}'].join('\n')
}
