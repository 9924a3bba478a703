// Pick a photo and show what Mien reads from it (Expo).
import * as ImagePicker from "expo-image-picker";
import { useState } from "react";
import { Button, Text, View } from "react-native";
import { Mien } from "mien-client";

const mien = new Mien("http://192.168.0.10:5000"); // the gateway, as the phone sees it

export default function Expression() {
  const [answer, setAnswer] = useState("");

  async function choose() {
    const picked = await ImagePicker.launchImageLibraryAsync({ quality: 0.9 });
    if (picked.canceled) return;
    const [{ uri }] = picked.assets;
    try {
      const { emotion, confidence, message } = await mien.detect({ uri, name: "photo.jpg", type: "image/jpeg" });
      setAnswer(emotion ? `${emotion}, ${Math.round(confidence * 100)} %` : message);
    } catch (error) {
      setAnswer(error.message);
    }
  }

  return (
    <View>
      <Button title="Choose a photo" onPress={choose} />
      <Text>{answer}</Text>
    </View>
  );
}
