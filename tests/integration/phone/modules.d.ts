// What the example uses of the modules that only a phone has.
declare module "react-native" {
  import type { FC, ReactNode } from "react";
  export const Button: FC<{ title: string; onPress: () => void }>;
  export const Text: FC<{ children?: ReactNode }>;
  export const View: FC<{ children?: ReactNode }>;
}

declare module "expo-image-picker" {
  type Picked = { canceled: true; assets: null } | { canceled: false; assets: [{ uri: string }, ...{ uri: string }[]] };
  export function launchImageLibraryAsync(options: { quality: number }): Promise<Picked>;
}
