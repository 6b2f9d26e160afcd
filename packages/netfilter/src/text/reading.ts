/**
 * Shared by readers and printers of foreign texts: suggestions for misspelt words, places and nesting in JSON, and
 * invisible characters.
 */
export { closestOf, didYouMean } from '../error/closest-word.ts'
export { endOfJsonString, findJsonExcess, type JsonExcess } from '../error/json-nesting.ts'
export { type JsonPath, offsetInJson } from '../error/json-place.ts'
export { socketText } from '../explain/describe-packet.ts'
export { replaceUnseen, visibleData } from './visible-text.ts'
