/** What readers and printers of texts by others share: a word that was meant, the nesting of JSON, characters that do not show. */
export { closestOf, didYouMean } from '../error/closest-word.ts'
export { endOfJsonString, findJsonExcess, type JsonExcess } from '../error/json-nesting.ts'
export { type JsonPath, offsetInJson } from '../error/json-place.ts'
export { socketText } from '../explain/describe-packet.ts'
export { replaceUnseen, visibleData } from './visible-text.ts'
