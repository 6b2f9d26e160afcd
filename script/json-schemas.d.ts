export const jsonSchemas: () => Readonly<Record<'host-facts.json' | 'packet.json', unknown>>
