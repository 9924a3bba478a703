// Runs the React Native example with real React against a live system: presses its button, prints what it shows.
//   MIEN_URL=… MIEN_PHOTO=… node press.mjs      (in a folder with ReactNative.jsx and the modules it needs)
// Only what a phone has is put in place: three components, the photo library, and FormData that takes { uri, name, type }.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { act, createElement } from "react";
import renderer from "react-test-renderer";
import ts from "typescript";

const photo = JSON.stringify(pathToFileURL(process.env.MIEN_PHOTO).href);
const PHONE = {
  "react-native": "export const Button = 'Button', Text = 'Text', View = 'View';",
  "expo-image-picker": `export const launchImageLibraryAsync = async () => ({ canceled: false, assets: [{ uri: ${photo} }] });`,
};

globalThis.IS_REACT_ACT_ENVIRONMENT = true;
globalThis.FormData = class extends FormData {
  append(name, value, ...rest) {
    if (!value?.uri) return super.append(name, value, ...rest);
    return super.append(name, new Blob([readFileSync(new URL(value.uri))], { type: value.type }), value.name);
  }
};

function compiled(source) {
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, jsx: ts.JsxEmit.ReactJSX };
  let { outputText } = ts.transpileModule(source, { fileName: "ReactNative.jsx", compilerOptions });
  for (const [name, code] of Object.entries(PHONE)) {
    outputText = outputText.replaceAll(`"${name}"`, JSON.stringify(`data:text/javascript,${encodeURIComponent(code)}`));
  }
  return outputText.replace(/"http:\/\/[^"]*"/, JSON.stringify(process.env.MIEN_URL));
}

writeFileSync("ReactNative.mjs", compiled(readFileSync("ReactNative.jsx", "utf8")));
const { default: Expression } = await import(pathToFileURL("ReactNative.mjs").href);
let screen;
await act(async () => {
  screen = renderer.create(createElement(Expression));
});
await act(() => screen.root.findByType("Button").props.onPress());
console.log(screen.root.findByType("Text").props.children);
