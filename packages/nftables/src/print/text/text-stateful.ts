import type { JsonObject, LimitStatement, Statement } from '../../model/index.ts'
import { identifier } from '../quote.ts'
import { scalar } from './text-header.ts'
import { Unprintable } from './unprintable.ts'

const limitText = ({ json }: LimitStatement): string => {
  const over = json.inv === true ? 'over ' : ''
  const unit = scalar(json, 'rate_unit')
  const isBytes = unit !== null && unit !== 'packets'
  const rate = `limit rate ${over}${scalar(json, 'rate')}${isBytes ? ` ${unit}` : ''}/${scalar(json, 'per')}`
  const burst = scalar(json, 'burst')
  if (burst === null || burst === 0) return rate
  return `${rate} burst ${burst} ${isBytes ? (scalar(json, 'burst_unit') ?? 'bytes') : 'packets'}`
}

const quotaText = (json: JsonObject): string => {
  const used = scalar(json, 'used')
  const limit = `quota ${json.inv === true ? 'over ' : ''}${scalar(json, 'val')} ${scalar(json, 'val_unit') ?? 'bytes'}`
  return used === null ? limit : `${limit} used ${used} ${scalar(json, 'used_unit') ?? 'bytes'}`
}

/**
 * A stateful statement as nft lists it; null for any other statement. A rule or an element can carry one
 * (net/netfilter/nf_tables_api.c, NFT_EXPR_STATEFUL). It holds no expression.
 */
export const statefulText = (statement: Statement): string | null => {
  switch (statement.kind) {
    case 'counter':
      return statement.name === null
        ? `counter packets ${statement.packets} bytes ${statement.bytes}`
        : `counter name ${identifier(statement.name)}`
    case 'limit':
      return limitText(statement)
    case 'quota':
      return quotaText(statement.json)
    case 'last': {
      const used = statement.json === null ? null : scalar(statement.json, 'used')
      return used === null ? 'last' : `last used ${used}ms`
    }
    case 'ct-count':
      return `ct count ${statement.over ? 'over ' : ''}${statement.count}`
    default:
      return null
  }
}

/**
 * A statement that an element carries, as nft lists it.
 * @throws Unprintable when it is not known
 */
export const carriedText = (statement: Statement): string => {
  const text = statefulText(statement)
  if (text === null) throw new Unprintable(JSON.stringify(statement))
  return text
}
