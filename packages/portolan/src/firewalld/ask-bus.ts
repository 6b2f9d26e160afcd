import type { Runner } from '@portolan/core'

/** A value of D-Bus whose type comes with it, as busctl prints it. */
export interface Variant {
  readonly type: string
  readonly data: unknown
}

type Texts = readonly string[]

/** What answers of firewalld hold, by their signature (D-Bus specification, "Type system"). */
interface Answers {
  readonly s: string
  readonly as: Texts
  readonly ao: Texts
  readonly 'a{sv}': Readonly<Record<string, Variant>>
  readonly 'a(sssias)': readonly DirectRule[]
  readonly 'a(sas)': readonly Passthrough[]
}

export type DirectRule = readonly [
  family: string,
  table: string,
  chain: string,
  priority: number,
  words: Texts,
]
export type Passthrough = readonly [family: string, words: Texts]

/** A question, as words of busctl after the name of the service. */
export interface Question<Signature extends keyof Answers = keyof Answers> {
  readonly signature: Signature
  readonly words: Texts
}

/** What has no answer: firewalld or the bus is not there, access is denied, or an object has gone meanwhile. */
export class BusError extends Error {}

const busctl: Texts = ['busctl', '--system', '--json=short', '--auto-start=no']

/**
 * Asks firewalld over D-Bus. busctl(1) takes one question a start, so xargs starts it as often as is needed.
 *
 * @param verb - of busctl: a call of a method, or the reading of a property
 * @param questions - of equally many words
 * @throws BusError when one of them has no answer, or an answer of another type
 * @throws MissingToolError where xargs is not installed
 */
export const askBus = async <const Asked extends readonly Question[]>(
  runner: Runner,
  verb: 'call' | 'get-property',
  questions: Asked,
): Promise<{ readonly [At in keyof Asked]: Answers[Asked[At]['signature']] }> => {
  const [first] = questions
  const answers = first === undefined ? [] : await ask(runner, verb, first.words.length, questions)
  return answers as { readonly [At in keyof Asked]: Answers[Asked[At]['signature']] }
}

const ask = async (
  runner: Runner,
  verb: string,
  length: number,
  questions: readonly Question[],
): Promise<readonly unknown[]> => {
  // Each word ends with a NUL: whatever a name holds, it stays one word.
  const input = questions.flatMap(({ words }) => words.map((word) => `${word}\0`)).join('')
  const { exitCode, stdout, stderr } = await runner.run(
    'xargs',
    ['-0', '-n', `${length}`, ...busctl, verb, 'org.fedoraproject.FirewallD1'],
    { input },
  )
  const lines = stdout.split('\n').slice(0, -1)
  if (exitCode !== 0 || lines.length !== questions.length) throw new BusError(stderr.trim())
  return questions.map(({ signature }, at) => {
    const { type, data } = parseVariant(lines[at] ?? '')
    if (type !== signature) throw new BusError(`${signature} was expected, not ${type}`)
    // A method may return several values, and those of firewalld return one.
    return verb === 'call' && Array.isArray(data) ? data[0] : data
  })
}

const parseVariant = (line: string): Variant => {
  try {
    return JSON.parse(line) as Variant
  } catch (cause) {
    throw new BusError('busctl did not print JSON', { cause })
  }
}
