import { InvalidRequestError } from './errors.ts'
import { shownValue } from './shown-value.ts'

/**
 * Holds an argument to be a text. Callers in JavaScript have no compiler that tells them.
 *
 * @param name - the name of the parameter
 * @throws InvalidRequestError naming the argument, the value and what is expected
 * @example
 * checkText('shop', 'project') // undefined
 * @public @since 0.1.0
 */
export const checkText = (value: unknown, name: string, expected = 'a text'): void => {
  if (typeof value !== 'string')
    throw new InvalidRequestError(`the argument ${name} is ${shownValue(value)}: expected ${expected}.`)
}

/**
 * Holds an argument to be a list of texts.
 * @throws InvalidRequestError naming the argument, the value and what is expected
 * @example
 * checkTexts(['ip', 'link'], 'words') // undefined
 * @public @since 0.1.0
 */
export const checkTexts = (value: unknown, name: string): void => {
  if (!Array.isArray(value) || value.some((one) => typeof one !== 'string'))
    throw new InvalidRequestError(`the argument ${name} is ${shownValue(value)}: expected a list of texts.`)
}
