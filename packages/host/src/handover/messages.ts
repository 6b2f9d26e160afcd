/**
 * One call of an engine: the input with which a plugin was started.
 * @public @since 0.1.0
 */
export interface HandedCall {
  /** The name of the plugin, as a program may be several. */
  readonly plugin: string
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly stdin: string
  /** The part of the caller's surroundings that the server must share. */
  readonly place: string
}

/**
 * The answer of a plugin.
 * @public @since 0.1.0
 */
export interface HandedAnswer {
  readonly exitCode: 0 | 1
  readonly stdout: string
}

/** The first line of a client. */
export interface Hello {
  readonly protocol: typeof protocol
  /** The file that serves calls, of the client's own version. */
  readonly server: string
  /** The name of the code that this file loads. Another version has another name. */
  readonly version: string
}

/** The messages of the server, each on a line. */
export type Said =
  // The call has its place in the queue: from now on the client waits.
  | { readonly kind: 'heard' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'warn'; readonly text: string }
  | { readonly kind: 'answer'; readonly answer: HandedAnswer }
  | { readonly kind: 'refused' }

export const protocol = 2

/**
 * The messages about a socket between the watch and the serving process. A process that hands a socket over goes on
 * reading from it until the other has it (lib/internal/child_process.js of Node), and what it reads is lost. So the
 * server speaks to the client only after the watch has learned that the server has the socket, and has let go.
 */
export const handle = { taken: { kind: 'taken' }, yours: { kind: 'yours' } } as const

export const sameKind = (message: unknown, { kind }: { readonly kind: string }): boolean =>
  typeof message === 'object' && message !== null && 'kind' in message && message.kind === kind

export const line = (value: Hello | HandedCall | Said): string => `${JSON.stringify(value)}\n`

/**
 * Splits a text into lines, and gives the JSON value of each line to `take`.
 * @param refuse - called instead for a line that is not JSON
 */
export const byLine = (take: (value: unknown) => void, refuse: () => void): ((chunk: string) => void) => {
  let rest = ''
  return (chunk) => {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    for (const text of lines) {
      const value = fromJson(text)
      if (value === undefined) refuse()
      else take(value)
    }
  }
}

const fromJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
