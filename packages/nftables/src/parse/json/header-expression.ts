import { type Expression, isObject, type JsonObject, type JsonValue } from '../../model/index.ts'
import { hasOnly, mayBeNumber, mayBeText } from './fields.ts'

const optionKeys: ReadonlyMap<string, readonly string[]> = new Map([
  ['exthdr', ['name', 'field', 'offset']],
  ['tcp option', ['name', 'field', 'base', 'offset', 'len']],
  ['ip option', ['name', 'field']],
  ['sctp chunk', ['name', 'field']],
  ['dccp option', ['type']],
])

const isHeader = (tag: string): tag is 'exthdr' | 'tcp option' | 'ip option' | 'sctp chunk' | 'dccp option' =>
  optionKeys.has(tag)

const readRoute = ({ key, family }: JsonObject): Expression | null =>
  typeof key === 'string' && mayBeText(family) ? { kind: 'route', key, family: family ?? null } : null

const readIpsec = ({ key, dir, family, spnum }: JsonObject): Expression | null =>
  typeof key === 'string' && mayBeText(dir) && mayBeText(family) && mayBeNumber(spnum)
    ? { kind: 'ipsec', key, direction: dir ?? null, family: family ?? null, transform: spnum ?? null }
    : null

const readSocket = ({ key, level }: JsonObject): Expression | null =>
  typeof key === 'string' && mayBeNumber(level) ? { kind: 'socket', key, level: level ?? null } : null

const readOsf = ({ key, ttl }: JsonObject): Expression | null =>
  typeof key === 'string' && mayBeText(ttl) ? { kind: 'osf', key, ttl: ttl ?? null } : null

/** Reads an expression that few rules use; null when the tag is none of these. */
export const readHeaderExpression = (tag: string, body: JsonValue): Expression | null => {
  if (isHeader(tag)) {
    const isPlain =
      hasOnly(body, optionKeys.get(tag) ?? []) &&
      Object.values(body).every((value) => typeof value === 'string' || typeof value === 'number')
    return isPlain && isObject(body) ? { kind: 'option', header: tag, json: body } : null
  }
  switch (tag) {
    case 'rt':
      return hasOnly(body, ['key', 'family']) ? readRoute(body) : null
    case 'ipsec':
      return hasOnly(body, ['key', 'dir', 'family', 'spnum']) ? readIpsec(body) : null
    case 'socket':
      return hasOnly(body, ['key', 'level']) ? readSocket(body) : null
    case 'osf':
      return hasOnly(body, ['key', 'ttl']) ? readOsf(body) : null
    case 'tunnel':
      return hasOnly(body, ['key']) && typeof body.key === 'string' ? { kind: 'tunnel', key: body.key } : null
    default:
      return null
  }
}
