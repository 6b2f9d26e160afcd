import type { SetExpression } from '../../model/index.ts'
import { NFT_SET_ANONYMOUS, NFT_SET_CONSTANT, NFT_SET_INTERVAL, NFT_SET_MAP } from '../constants.ts'
import type { AnonymousSet } from './context.ts'
import { anonymousIntervals, type ElementWriter, elementWriter } from './element.ts'
import type { SetDeclaration } from './set.ts'

/** Has the set prefixes or ranges? nft then makes it an interval set. */
export const hasIntervals = ({ elements }: SetExpression): boolean =>
  elements.some(({ key }) => key.kind === 'prefix' || key.kind === 'range')

/** The name of a new anonymous set. The kernel replaces `%d` by a number. */
export const anonymousName = (isMap: boolean): string => (isMap ? '__map%d' : '__set%d')

export const declarationOfAnonymous = ({ set, keyTypes, dataTypes }: AnonymousSet): SetDeclaration => {
  const isInterval = hasIntervals(set)
  const isMap = dataTypes.length > 0
  return {
    name: anonymousName(isMap),
    flags:
      NFT_SET_ANONYMOUS | NFT_SET_CONSTANT | (isInterval ? NFT_SET_INTERVAL : 0) | (isMap ? NFT_SET_MAP : 0),
    keyTypes,
    dataTypes,
    comment: null,
    mergesElements: isInterval && !isMap,
  }
}

export const writerOfAnonymous = ({ set, keyTypes, dataTypes }: AnonymousSet): ElementWriter => {
  const form = { keyTypes, dataTypes, isInterval: hasIntervals(set) }
  return form.isInterval ? anonymousIntervals(form, set.elements) : elementWriter(form, set.elements, 'all')
}
